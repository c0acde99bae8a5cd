package florin.account.query.projection;

import org.axonframework.config.ConfigurerModule;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The rows that queries read, and both halves of those that the projections write. */
@Configuration(proxyBeanMethods = false)
class ReadModels {

    @Bean
    EntryRows entriesThatAreRead(JdbcClient database, JdbcTemplate statements) {
        return new EntryRows(database, statements, "entry", "ledger_balance");
    }

    @Bean
    AccountQueries accountQueries(JdbcClient database, JdbcTemplate statements, EntryRows entries) {
        return new AccountQueries(new AccountRows(database, statements, "account"), entries);
    }

    @Bean
    AccountsProjection evenAccounts(JdbcClient database, JdbcTemplate statements) {
        return accounts(Half.EVEN, database, statements);
    }

    @Bean
    AccountsProjection oddAccounts(JdbcClient database, JdbcTemplate statements) {
        return accounts(Half.ODD, database, statements);
    }

    private static AccountsProjection accounts(Half half, JdbcClient database, JdbcTemplate statements) {
        return new AccountsProjection(half, new AccountRows(database, statements, half.table("account")));
    }

    @Bean
    EntriesProjection evenEntries(JdbcClient database, JdbcTemplate statements) {
        return entries(Half.EVEN, database, statements);
    }

    @Bean
    EntriesProjection oddEntries(JdbcClient database, JdbcTemplate statements) {
        return entries(Half.ODD, database, statements);
    }

    private static EntriesProjection entries(Half half, JdbcClient database, JdbcTemplate statements) {
        return new EntriesProjection(
                half, new EntryRows(database, statements, half.table("entry"), half.table("ledger_balance")));
    }

    @Bean
    ConfigurerModule processorsOfHalves() {
        return configurer -> configurer.eventProcessing(processing -> {
            for (Half half : Half.values()) {
                processing
                        .assignHandlerInstancesMatching(
                                half.processor("accounts"),
                                handler -> handler instanceof AccountsProjection accounts && accounts.half() == half)
                        .assignHandlerInstancesMatching(
                                half.processor("entries"),
                                handler -> handler instanceof EntriesProjection entries && entries.half() == half);
            }
        });
    }
}
