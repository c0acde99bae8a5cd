package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.axonframework.eventhandling.GlobalSequenceTrackingToken;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.UnableToClaimTokenException;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Two instances that work on one segment, the one after the other. */
class ClaimedTokensTest {

    private static final String PROCESSOR = "view";

    private final DriverManagerDataSource dataSource =
            new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("claimed_tokens"), "postgres", "postgres");
    private final TokenStore first = tokensOf("first");
    private final TokenStore second = tokensOf("second");

    @BeforeEach
    void begin() {
        Flyway.configure()
                .dataSource(dataSource)
                .locations(KitTest.TABLES.split(","))
                .load()
                .migrate();
        first.initializeTokenSegments(PROCESSOR, 1, null);
        assertThat(first.fetchToken(PROCESSOR, 0)).isNull();
        first.storeToken(at(3), PROCESSOR, 0);
    }

    @Test
    void a_batch_that_comes_late_does_not_set_back_what_another_instance_has_done_and_let_go() {
        letClaimExpire();
        assertThat(second.fetchToken(PROCESSOR, 0)).isEqualTo(at(3));
        second.storeToken(at(8), PROCESSOR, 0);
        second.releaseClaim(PROCESSOR, 0);

        assertNotStored(first);
        assertThat(second.fetchToken(PROCESSOR, 0)).isEqualTo(at(8));
    }

    @Test
    void nor_what_another_instance_has_done_that_died_then() {
        letClaimExpire();
        assertThat(second.fetchToken(PROCESSOR, 0)).isEqualTo(at(3));
        second.storeToken(at(8), PROCESSOR, 0);
        letClaimExpire();

        assertNotStored(first);
        assertThat(first.fetchToken(PROCESSOR, 0)).as("claimed anew").isEqualTo(at(8));
        first.storeToken(at(9), PROCESSOR, 0);
    }

    private void assertNotStored(TokenStore tokens) {
        assertThatThrownBy(() -> tokens.storeToken(at(4), PROCESSOR, 0))
                .isInstanceOf(UnableToClaimTokenException.class)
                .hasMessage("Segment 0 of view is not worked on by this instance any more");
    }

    private void letClaimExpire() {
        assertThat(JdbcClient.create(dataSource)
                        .sql("UPDATE token_entry SET timestamp = ?")
                        .param(Instant.now().minus(Duration.ofMinutes(1)).toString())
                        .update())
                .isOne();
    }

    private static GlobalSequenceTrackingToken at(long position) {
        return new GlobalSequenceTrackingToken(position);
    }

    private TokenStore tokensOf(String instance) {
        return new ClaimedTokens(JdbcTokenStore.builder()
                .connectionProvider(dataSource::getConnection)
                .serializer(Jackson3Serializer.builder().build())
                .schema(new KitAutoConfiguration().tokenSchema())
                .nodeId(instance));
    }
}
