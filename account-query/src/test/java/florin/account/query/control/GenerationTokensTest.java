package florin.account.query.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.kit.TestPlatform;
import org.axonframework.eventhandling.GlobalSequenceTrackingToken;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.UnableToClaimTokenException;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.eventhandling.tokenstore.jdbc.TokenSchema;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class GenerationTokensTest {

    private final DriverManagerDataSource dataSource =
            new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("generation_tokens"), "postgres", "postgres");
    private final JdbcClient database = JdbcClient.create(dataSource);
    private final Serializer serializer = Jackson3Serializer.builder().build();
    private final TokenRows rows = new TokenRows(database, serializer);
    private final TokenStore store = new GenerationTokens(
            JdbcTokenStore.builder()
                    .connectionProvider(dataSource::getConnection)
                    .serializer(serializer)
                    .schema(TokenSchema.builder()
                            .setTokenTable("token_entry")
                            .setProcessorNameColumn("processor_name")
                            .setTokenTypeColumn("token_type")
                            .build())
                    .nodeId(TokenRows.OWN_NODE),
            new GenerationRows(database));

    @BeforeEach
    void migrate() {
        Flyway.configure()
                .dataSource(dataSource)
                .locations("classpath:db/kit", "classpath:db/migration")
                .load()
                .migrate();
    }

    @Test
    void who_worked_on_a_generation_of_before_does_not_have_the_next_one_go_on_there() {
        store.initializeTokenSegments("accounts", 1, null);
        rows.begin("accounts-odd", "accounts");
        assertThat(store.fetchToken("accounts-odd", 0)).isNull();
        store.storeToken(new GlobalSequenceTrackingToken(7), "accounts-odd", 0);
        assertThat(rows.find("accounts-odd")).allMatch(token -> token.isOwn() && token.position() == 7);

        rows.delete("accounts-odd");
        rows.begin("accounts-odd", "accounts");

        assertThatThrownBy(() -> store.storeToken(new GlobalSequenceTrackingToken(8), "accounts-odd", 0))
                .isInstanceOf(UnableToClaimTokenException.class);
        assertThat(rows.find("accounts-odd")).allMatch(token -> !token.isOwn() && token.token() == null);
    }

    @Test
    void a_processor_has_tokens_of_the_beginning_only_where_a_generation_is_read_or_built() {
        store.initializeTokenSegments("accounts", 2, null);
        store.initializeTokenSegments("accounts-odd", 2, null);
        assertThat(rows.find("accounts")).hasSize(2);
        assertThat(rows.find("accounts-odd")).isEmpty();

        GenerationRows generations = new GenerationRows(database);
        generations.becomes(generations.find("accounts"), ProjectionState.OtherHalf.BUILDING);
        store.initializeTokenSegments("accounts-odd", 2, null);
        assertThat(rows.find("accounts-odd")).hasSize(2);
    }
}
