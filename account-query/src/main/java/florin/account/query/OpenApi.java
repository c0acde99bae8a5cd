package florin.account.query;

import io.swagger.v3.oas.annotations.OpenAPIDefinition;
import io.swagger.v3.oas.annotations.info.Info;
import org.springframework.context.annotation.Configuration;

/** What /v3/api-docs says about the service as a whole. */
@Configuration(proxyBeanMethods = false)
@OpenAPIDefinition(
        info =
                @Info(
                        title = "Florin account-query",
                        version = "1",
                        description =
                                "Accounts, their entries, also as they come, and the trial balance, as projected from"
                                        + " the events of all branches, and the replay of those projections."))
class OpenApi {}
