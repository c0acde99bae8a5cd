package florin.transfer.saga;

import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferStatus;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.queryhandling.QueryUpdateEmitter;

/** The view of transfers over a table in memory; each event is one transaction of rows and token. */
public final class SimulatedView {

    private final Map<String, TransferRow> table = new LinkedHashMap<>();
    private final Map<String, TransferDetails> shown = new LinkedHashMap<>();
    private final Map<String, Drives> drives = new HashMap<>();
    private final TransferRows rows = (TransferRows)
            Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {TransferRows.class}, this::call);
    private final TransferView view = new TransferView(rows, null, new Steps(), emitter());

    /** How often the reconciler drove a transfer since it last moved. */
    private record Drives(Instant from, int count, Instant at) {}

    public void handle(EventMessage<?> message) {
        ViewEvents.handle(view, message);
    }

    public Optional<TransferDetails> find(TransferId id) {
        return Optional.ofNullable(shown.get(id.value()));
    }

    public Collection<TransferDetails> all() {
        return shown.values();
    }

    TransferRows rows() {
        return rows;
    }

    private Object call(Object proxy, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "findById" -> Optional.ofNullable(table.get((String) arguments[0]));
            case "existsById" -> table.containsKey((String) arguments[0]);
            case "save" -> {
                TransferRow row = (TransferRow) arguments[0];
                row.markStored();
                table.put(row.getId(), row);
                shown.put(row.getId(), row.details());
                yield row;
            }
            case "findStandingStill" -> standingStill((Instant) arguments[0]);
            case "countDrive" -> countDrive((String) arguments[0], (Instant) arguments[1]);
            default -> throw new UnsupportedOperationException(method.getName());
        };
    }

    private List<TransferRow> standingStill(Instant since) {
        Comparator<TransferDetails> longestNotDriven =
                Comparator.comparing(row -> drives.containsKey(row.id().value())
                        ? drives.get(row.id().value()).at()
                        : Instant.MIN);
        return shown.values().stream()
                .filter(row -> !row.status().isFinal() && row.status() != TransferStatus.PARKED)
                .filter(row -> !row.updatedAt().isAfter(since))
                .sorted(longestNotDriven.thenComparing(TransferDetails::updatedAt))
                .limit(100)
                .map(row -> table.get(row.id().value()))
                .toList();
    }

    private int countDrive(String id, Instant now) {
        Instant movedAt = shown.get(id).updatedAt();
        Drives before = drives.get(id);
        int count = before != null && before.from().equals(movedAt) ? before.count() + 1 : 1;
        drives.put(id, new Drives(movedAt, count, now));
        return count;
    }

    private static QueryUpdateEmitter emitter() {
        return (QueryUpdateEmitter) Proxy.newProxyInstance(
                SimulatedView.class.getClassLoader(),
                new Class<?>[] {QueryUpdateEmitter.class},
                (proxy, method, arguments) -> null);
    }

    /** Adds each event once, as the table does. */
    private static final class Steps extends TransferTimelines {

        private final Set<String> events = new HashSet<>();

        Steps() {
            super(null);
        }

        @Override
        boolean add(TransferId id, EventMessage<?> message) {
            return events.add(message.getIdentifier());
        }
    }
}
