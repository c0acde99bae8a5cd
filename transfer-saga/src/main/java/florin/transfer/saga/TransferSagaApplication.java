package florin.transfer.saga;

import io.swagger.v3.oas.annotations.OpenAPIDefinition;
import io.swagger.v3.oas.annotations.info.Info;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Starts the service. */
@SpringBootApplication
@ConfigurationPropertiesScan
@OpenAPIDefinition(
        info = @Info(title = "Florin transfers", version = "1", description = "Money between accounts of any branches"))
public class TransferSagaApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(TransferSagaApplication.class, arguments);
    }
}
