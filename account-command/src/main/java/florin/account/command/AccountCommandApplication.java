package florin.account.command;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/** Starts one branch. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties({BranchProperties.class, IdempotencyWindow.class})
public class AccountCommandApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(AccountCommandApplication.class, arguments);
    }
}
