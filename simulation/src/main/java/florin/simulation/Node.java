package florin.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.axonframework.commandhandling.CommandMessageHandler;

/** A process of a service: it may die at any time, and what it has not saved dies with it. */
final class Node {

    private static final long MOST_SKEW_MS = 2_000;

    private final Bank bank;
    private final String name;
    private final NodeEventStore store;
    private final Supplier<CommandMessageHandler> handlers;
    private final Set<String> busy = new HashSet<>();
    private final Set<Work> unsaved = new LinkedHashSet<>();
    private final List<Runnable> atStart = new ArrayList<>();
    private final List<Runnable> atCrash = new ArrayList<>();
    private CommandMessageHandler handler;
    private boolean up = true;
    private int life = 1;
    private long skewMs;
    private int clocks;
    private long frozenSinceMs;
    private long frozenUntilMs;

    /** {@code handlers} makes what a process of it starts with, which has no aggregates in memory yet. */
    Node(Bank bank, String name, NodeEventStore store, Supplier<CommandMessageHandler> handlers) {
        this.bank = bank;
        this.name = name;
        this.store = store;
        this.handlers = handlers;
        this.handler = handlers.get();
        setClock();
    }

    String name() {
        return name;
    }

    boolean isUp() {
        return up;
    }

    /** Whether it stands still. */
    boolean isFrozen() {
        return bank.time().nowMs() < frozenUntilMs;
    }

    /** Whether it stands still for so long that others take it for dead. */
    boolean isFrozenFor(long ms) {
        return isFrozen() && bank.time().nowMs() >= frozenSinceMs + ms;
    }

    /** Which of its lives this is, counted from 1. */
    int life() {
        return life;
    }

    NodeEventStore store() {
        return store;
    }

    CommandMessageHandler handler() {
        return handler;
    }

    /** The aggregates and sagas that it has loaded and locked. */
    Set<String> busy() {
        return busy;
    }

    /** Done by this process, if it lives that long; not while it stands still. */
    void after(long delayMs, Runnable action) {
        int mine = life;
        bank.time().after(delayMs, () -> {
            if (up && life == mine) {
                if (isFrozen()) {
                    after(frozenUntilMs - bank.time().nowMs(), action);
                } else {
                    bank.time().as(skewMs, action);
                }
            }
        });
    }

    /** Stands still, and then goes on as if nothing had been. */
    void freeze(long forMs) {
        bank.history().add("freeze", name, () -> "for " + forMs + " ms");
        frozenSinceMs = bank.time().nowMs();
        frozenUntilMs = frozenSinceMs + forMs;
    }

    /** Its clock is off by another time from now on. */
    void setClock() {
        skewMs = bank.chance().between("clock of " + name + " " + clocks++, -MOST_SKEW_MS, MOST_SKEW_MS);
    }

    void hold(Work work) {
        unsaved.add(work);
    }

    void letGo(Work work) {
        unsaved.remove(work);
    }

    void onStart(Runnable action) {
        atStart.add(action);
    }

    void onCrash(Runnable action) {
        atCrash.add(action);
    }

    void crash(long downMs) {
        if (!up) {
            return;
        }
        bank.history().add("crash", name, () -> "for " + downMs + " ms");
        up = false;
        unsaved.forEach(Work::rollback);
        unsaved.clear();
        busy.clear();
        handler = handlers.get();
        atCrash.forEach(Runnable::run);
        int dead = life;
        bank.time().after(downMs, () -> {
            if (!up && life == dead) {
                start();
            }
        });
    }

    void start() {
        up = true;
        life++;
        frozenUntilMs = 0;
        setClock();
        bank.history().add("start", name, () -> "");
        bank.time().as(skewMs, () -> atStart.forEach(Runnable::run));
    }

    @Override
    public String toString() {
        return name;
    }
}
