package florin.launcher;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What can be configured: as an option, an environment variable, or a line of {@code florin.properties}. */
enum Setting {
    DATA("DIR", ".florin", "folder of all data, logs and passwords"),
    CACHE("DIR", "", "folder of unpacked programs and class-data archives (default: .florin/cache beside the script)"),
    INSTANCES("N", "1", "of each branch, transfer-saga and account-query that up starts, 1 to 4"),
    AXON_SERVER_GRPC_PORT("PORT", "8124", "axon-server, gRPC"),
    AXON_SERVER_HTTP_PORT("PORT", "8024", "axon-server, HTTP"),
    ACCOUNT_COMMAND_FLNO_PORT("PORT", "8081", "account-command of branch FLNO"),
    ACCOUNT_COMMAND_FLSO_PORT("PORT", "8082", "account-command of branch FLSO"),
    TRANSFER_SAGA_PORT("PORT", "8083", "transfer-saga"),
    ACCOUNT_QUERY_PORT("PORT", "8084", "account-query"),
    POSTGRESQL_PORT("PORT", "15432", "the embedded PostgreSQL"),
    ACCOUNT_FLNO_DATABASE_URL("URL", "", "JDBC URL of FLNO's database elsewhere, same login (default: embedded)"),
    ACCOUNT_FLSO_DATABASE_URL("URL", "", "JDBC URL of FLSO's database elsewhere, same login (default: embedded)"),
    TRANSFER_SAGA_DATABASE_URL("URL", "", "JDBC URL of transfer-saga's database elsewhere (default: embedded)"),
    ACCOUNT_QUERY_DATABASE_URL("URL", "", "JDBC URL of account-query's database elsewhere (default: embedded)");

    private final String placeholder;
    private final String defaultValue;
    private final String description;

    Setting(String placeholder, String defaultValue, String description) {
        this.placeholder = placeholder;
        this.defaultValue = defaultValue;
        this.description = description;
    }

    String property() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String option() {
        return "--" + property();
    }

    String environmentVariable() {
        return "FLORIN_" + name();
    }

    String placeholder() {
        return placeholder;
    }

    String defaultValue() {
        return defaultValue;
    }

    String description() {
        return description;
    }

    /** Those that a command has as options; those of the others may stand in the environment and in the file. */
    static Set<Setting> of(String command) {
        return switch (command) {
            case "up" -> EnumSet.allOf(Setting.class);
            case "demo" -> EnumSet.complementOf(EnumSet.of(INSTANCES));
            default -> EnumSet.of(DATA);
        };
    }

    static Optional<Setting> ofOption(String option) {
        for (Setting setting : values()) {
            if (setting.option().equals(option)) {
                return Optional.of(setting);
            }
        }
        return Optional.empty();
    }
}
