package florin.account.query;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the read side. */
@SpringBootApplication
public class AccountQueryApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(AccountQueryApplication.class, arguments);
    }
}
