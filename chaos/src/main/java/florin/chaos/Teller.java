package florin.chaos;

import florin.account.api.Iban;
import florin.launcher.Http;
import florin.launcher.LauncherException;
import florin.launcher.Platform;
import florin.money.Money;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/** Asks the services over HTTP, as any client would. */
final class Teller {
    private static final Map<String, String> BRANCHES =
            Map.of("FLNO", Platform.ACCOUNT_COMMAND_FLNO, "FLSO", Platform.ACCOUNT_COMMAND_FLSO);

    private final Function<String, URI> urls;
    private final Http http = new Http();

    /** {@code urls} gives the address of a service by its name, at each request anew. */
    Teller(Function<String, URI> urls) {
        this.urls = urls;
    }

    Answer ask(Operation operation, String branch, Duration patience) {
        Http limited = http.withTimeout(patience);
        try {
            return Answer.of(
                    operation.kind().changes()
                            ? limited.post(uri(operation, branch), operation.key(), body(operation))
                            : limited.get(uri(operation, branch)));
        } catch (LauncherException e) {
            return Answer.none(e);
        }
    }

    private URI uri(Operation operation, String branch) {
        return switch (operation.kind()) {
            case OPEN -> uri(BRANCHES.get(branch), "/accounts");
            case DEPOSIT -> uri(branchOf(operation.account()), "/accounts/" + operation.account() + "/deposits");
            case WITHDRAWAL -> uri(branchOf(operation.account()), "/accounts/" + operation.account() + "/withdrawals");
            case BLOCK -> uri(branchOf(operation.account()), "/accounts/" + operation.account() + "/block");
            case UNBLOCK -> uri(branchOf(operation.account()), "/accounts/" + operation.account() + "/unblock");
            case CLOSURE -> uri(branchOf(operation.account()), "/accounts/" + operation.account() + "/closure");
            case TRANSFER -> uri(Platform.TRANSFER_SAGA, "/transfers");
            case CANCELLATION -> uri(Platform.TRANSFER_SAGA, "/transfers/" + operation.transferId() + "/cancel");
            case RETRY -> uri(Platform.TRANSFER_SAGA, "/transfers/" + operation.transferId() + "/retry");
            case LOOK_AT_TRANSFER -> uri(Platform.TRANSFER_SAGA, "/transfers/" + operation.transferId() + "?wait=1s");
            case LOOK_AT_PARKED -> uri(Platform.TRANSFER_SAGA, "/transfers?limit=5&status=PARKED");
            case LOOK_AT_ACCOUNT -> uri(Platform.ACCOUNT_QUERY, "/accounts/" + operation.account());
            case LOOK_AT_TRIAL_BALANCE -> uri(Platform.ACCOUNT_QUERY, "/trial-balance");
        };
    }

    private static String branchOf(Iban iban) {
        return BRANCHES.get(iban.branch());
    }

    private URI uri(String service, String path) {
        return urls.apply(service).resolve(path);
    }

    private static String body(Operation operation) {
        Map<String, Object> body = new LinkedHashMap<>();
        switch (operation.kind()) {
            case OPEN -> {
                body.put("owner", operation.reference());
                body.put("currency", operation.amount().currency().getCurrencyCode());
                body.put("overdraftLimit", json(operation.amount()));
            }
            case DEPOSIT, WITHDRAWAL -> {
                body.put("amount", json(operation.amount()));
                body.put("reference", operation.reference());
            }
            case TRANSFER -> {
                if (operation.transferId() != null) {
                    body.put("id", operation.transferId().value());
                }
                body.put("from", operation.account().value());
                body.put("to", operation.target().value());
                body.put("amount", json(operation.amount()));
                body.put("reference", operation.reference());
            }
            case BLOCK, UNBLOCK, CLOSURE -> {
                // Nothing to add to the path.
            }
            default -> {
                return "";
            }
        }
        return JsonMapper.shared().writeValueAsString(body);
    }

    private static Map<String, String> json(Money amount) {
        return Map.of("value", amount.value(), "currency", amount.currency().getCurrencyCode());
    }
}
