package florin.kit;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.axonframework.common.caching.Cache;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.modelling.command.Repository;

/** The door by which the simulation comes to what a process keeps in memory: the services' own, by the simulation's time. */
public final class SimulatedAggregates {

    private final Ticker ticker;
    private final UnaryOperator<Cache> change;

    /** {@code change} puts a deliberate bug around what keeps the aggregates. */
    public SimulatedAggregates(LongSupplier nanoTime, UnaryOperator<Cache> change) {
        this.ticker = nanoTime::getAsLong;
        this.change = change;
    }

    public <T> Repository<T> of(EventSourcingRepository.Builder<T> builder, EventStore events) {
        return of(builder, events, false);
    }

    public <T> Repository<T> ofMostlyNew(EventSourcingRepository.Builder<T> builder, EventStore events) {
        return of(builder, events, true);
    }

    private <T> Repository<T> of(EventSourcingRepository.Builder<T> builder, EventStore events, boolean areMostlyNew) {
        Cache cache = change.apply(CachedAggregates.memory(areMostlyNew, ticker));
        return new CachedAggregates<>(builder, cache, events, areMostlyNew, ticker);
    }
}
