package florin.account.command;

import florin.kit.TestPlatform;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Branch FLNO with a real event store and a real database, both shared by the tests of a run. */
abstract class BranchTest extends BranchClient {

    @DynamicPropertySource
    static void platform(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "account_flno");
    }
}
