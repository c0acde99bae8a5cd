package florin.account.query;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.persistence.autoconfigure.EntityScan;

/** Starts the read side. */
@SpringBootApplication
@EntityScan({
    "florin.account.query",
    "org.axonframework.eventhandling.tokenstore.jpa",
    "org.axonframework.eventhandling.deadletter.jpa"
})
public class AccountQueryApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(AccountQueryApplication.class, arguments);
    }
}
