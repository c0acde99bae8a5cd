package florin.kit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.common.Registration;
import org.axonframework.common.caching.Cache;
import org.axonframework.eventsourcing.CachingEventSourcingRepository;
import org.axonframework.eventsourcing.EventSourcedAggregate;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.DomainEventStream;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.messaging.InterceptorChain;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;
import org.axonframework.modelling.command.Aggregate;
import org.axonframework.modelling.command.AggregateNotFoundException;
import org.axonframework.modelling.command.ConcurrencyException;
import org.axonframework.modelling.command.LockAwareAggregate;
import org.axonframework.serialization.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Aggregates that are kept in memory between their commands, while there is room: the most used ones, or, where most commands are
 * the first of their aggregate, those used last.
 *
 * <p>Another process may have changed an aggregate since it was kept here. Its next event tells: the event store refuses a second
 * event of the same number. An answer without an event tells nothing, so whether it comes of the aggregate's last state is asked
 * of the event store before it is given, a refusal too. Either way a {@link ConcurrencyException} says so, the aggregate is
 * forgotten, and {@link LocalCommandBus} handles the command again on what is there now.
 *
 * <p>Where most commands are the first of their aggregate, one that is not kept here is taken to be new, which spares the
 * reading of nothing. Whether it was tells the event store in the same two ways; what was not new is read from then on.
 */
public final class CachedAggregates<T> extends CachingEventSourcingRepository<T> {

    private static final Logger LOG = LoggerFactory.getLogger(CachedAggregates.class);
    private static final int MOST = 20_000;
    /**
     * Aggregates that get few commands get these soon. Without an end to their time the room would fill with those that are
     * done, and which of many that are asked for alike rarely stays then is a matter of chance.
     */
    private static final Duration SOON = Duration.ofSeconds(30);

    private static final String FOUND = CachedAggregates.class.getName();
    private static final String TAKEN_AS_NEW = FOUND + ".new";

    /**
     * Has Axon make an aggregate, which takes this very class and goes no further with it; one for all, because its stack trace
     * would cost more than the rest.
     */
    private final AggregateNotFoundException notRead =
            new AggregateNotFoundException("", "Taken to be new without being read");

    private final Cache cache;
    private final EventStore events;
    private final boolean areMostlyNew;

    /** Those that were taken as new in vain, or whose first event was not stored. */
    private final Set<String> notNew;

    CachedAggregates(
            EventSourcingRepository.Builder<T> builder,
            Cache cache,
            EventStore events,
            boolean areMostlyNew,
            Ticker ticker) {
        super(builder.eventStore(events).cache(cache));
        this.cache = cache;
        this.events = events;
        this.areMostlyNew = areMostlyNew;
        notNew = Collections.newSetFromMap(Caffeine.newBuilder()
                .maximumSize(MOST)
                .expireAfterWrite(SOON)
                .ticker(ticker)
                .executor(Runnable::run)
                .<String, Boolean>build()
                .asMap());
    }

    public static <T> CachedAggregates<T> of(EventSourcingRepository.Builder<T> builder, EventStore events) {
        return of(builder, events, false);
    }

    /** Of a type whose aggregates get few commands each, the first one soonest. */
    public static <T> CachedAggregates<T> ofMostlyNew(EventSourcingRepository.Builder<T> builder, EventStore events) {
        return of(builder, events, true);
    }

    private static <T> CachedAggregates<T> of(
            EventSourcingRepository.Builder<T> builder, EventStore events, boolean areMostlyNew) {
        Ticker ticker = Ticker.systemTicker();
        return new CachedAggregates<>(builder, memory(areMostlyNew, ticker), events, areMostlyNew, ticker);
    }

    /** What keeps them. */
    static Cache memory(boolean areMostlyNew, Ticker ticker) {
        Caffeine<Object, Object> entries = Caffeine.newBuilder().ticker(ticker);
        return new Kept(areMostlyNew ? entries.expireAfterAccess(SOON) : entries);
    }

    @Override
    protected LockAwareAggregate<T, EventSourcedAggregate<T>> doLoadOrCreate(String id, Callable<T> create)
            throws Exception {
        if (!areMostlyNew || cache.containsKey(id) || notNew.contains(id)) {
            return super.doLoadOrCreate(id, create);
        }
        UnitOfWork<?> unit = CurrentUnitOfWork.get();
        unit.resources().put(TAKEN_AS_NEW, id);
        unit.onRollback(failed -> notNew.add(id));
        try {
            LockAwareAggregate<T, EventSourcedAggregate<T>> aggregate = super.doLoadOrCreate(id, create);
            if (aggregate.version() == null) {
                remember(id, aggregate);
            }
            return aggregate;
        } finally {
            unit.resources().remove(TAKEN_AS_NEW);
        }
    }

    @Override
    protected EventSourcedAggregate<T> doLoadWithLock(String id, Long expectedVersion) {
        boolean isKept = cache.containsKey(id);
        if (!isKept && id.equals(CurrentUnitOfWork.get().getResource(TAKEN_AS_NEW))) {
            throw notRead;
        }
        EventSourcedAggregate<T> aggregate = super.doLoadWithLock(id, expectedVersion);
        if (isKept) {
            remember(id, aggregate);
        }
        return aggregate;
    }

    /** A snapshot that cannot be read, which Axon would find out when it is too late, is passed over. */
    @Override
    protected DomainEventStream readEvents(String id) {
        DomainEventStream stream = super.readEvents(id);
        try {
            if (stream.hasNext()) {
                stream.peek().getPayload();
            }
            return stream;
        } catch (SerializationException unreadable) {
            LOG.warn("{} is read from its first event on, because of its snapshot", id, unreadable);
            return events.readEvents(id, 0);
        }
    }

    /** What is not stored in the end is not kept: Axon forgets it after an exception, but not after an error. */
    @Override
    protected void doSaveWithLock(EventSourcedAggregate<T> aggregate) {
        super.doSaveWithLock(aggregate);
        AtomicBoolean isStored = new AtomicBoolean();
        CurrentUnitOfWork.get().afterCommit(stored -> isStored.set(true));
        CurrentUnitOfWork.get().onCleanup(ended -> {
            if (!isStored.get()) {
                cache.remove(aggregate.identifierAsString());
            }
        });
    }

    private void remember(String id, Aggregate<T> aggregate) {
        List<Found> found = CurrentUnitOfWork.get().root().getOrComputeResource(FOUND, none -> new ArrayList<>());
        found.add(new Found(id, aggregate.version(), aggregate, events));
    }

    /** An aggregate as it was found here, or taken to be. */
    private record Found(String id, Long version, Aggregate<?> aggregate, EventStore events) {
        void requireFresh() {
            if (Objects.equals(version, aggregate.version())
                    && !Objects.equals(version, events.lastSequenceNumberFor(id).orElse(null))) {
                throw new ConcurrencyException("Another process has changed " + id + " since its event " + version);
            }
        }
    }

    /** Asks the event store before an answer without an event is given. */
    static final class FreshAnswers implements MessageHandlerInterceptor<CommandMessage<?>> {

        @Override
        public Object handle(UnitOfWork<? extends CommandMessage<?>> unit, InterceptorChain chain) throws Exception {
            Object answer;
            try {
                answer = chain.proceed();
            } catch (Exception refusal) {
                requireFresh(unit);
                throw refusal;
            }
            requireFresh(unit);
            return answer;
        }

        private static void requireFresh(UnitOfWork<?> unit) {
            List<Found> found = unit.root().getResource(FOUND);
            if (found != null) {
                found.forEach(Found::requireFresh);
            }
        }
    }

    /** Axon's interface to what keeps them. */
    private static final class Kept implements Cache {

        private final com.github.benmanes.caffeine.cache.Cache<Object, Object> entries;

        private Kept(Caffeine<Object, Object> entries) {
            this.entries = entries.maximumSize(MOST)
                    .softValues()
                    .executor(Runnable::run)
                    .build();
        }

        @Override
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Whoever asks knows what was put.
        public <K, V> V get(K key) {
            return (V) entries.getIfPresent(key);
        }

        @Override
        public void put(Object key, Object value) {
            if (key != null) { // Of an aggregate that was made and applied no event.
                entries.put(key, value);
            }
        }

        @Override
        public boolean putIfAbsent(Object key, Object value) {
            return entries.asMap().putIfAbsent(key, value) == null;
        }

        @Override
        public boolean remove(Object key) {
            return key != null && entries.asMap().remove(key) != null;
        }

        @Override
        public void removeAll() {
            entries.invalidateAll();
        }

        @Override
        public boolean containsKey(Object key) {
            return entries.asMap().containsKey(key);
        }

        @Override
        public Registration registerCacheEntryListener(EntryListener listener) {
            throw new UnsupportedOperationException("Nobody listens to what is kept");
        }
    }
}
