package florin.eventstore.routing;

import florin.eventstore.protocol.Outbound;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One connected stream that handles commands or queries: what waits for its permits, and what it was sent and has not completed.
 *
 * @param <P> what senders wait for
 * @param <I> what the stream is sent
 */
abstract class Handler<P extends Handler.Pending, I> {
    /** Whatever a handler permits, it is not sent more than this before it has answered some. */
    private static final int MAX_IN_FLIGHT = 10_000;

    /** A command or query that its sender waits for. */
    interface Pending extends WaitingLine.Message {
        /** By which it finds its handlers; called until it was sent. */
        String name();

        boolean isDone();
    }

    private final Outbound<I> out;
    /** What it handles, for messages: one, and several. */
    private final String one;

    private final String several;
    private final WaitingLine<P> queue = new WaitingLine<>();
    private final Map<String, P> inFlight = new HashMap<>();
    private long permits;
    private boolean gone;
    /** Set by the first message of the stream that carries it. */
    private volatile String clientId = "unknown";

    Handler(Outbound<I> out, String one, String several) {
        this.out = out;
        this.one = one;
        this.several = several;
        out.onReady(this::reads);
    }

    /** As it is sent; null if nobody waits for it any more. */
    abstract I message(P pending);

    /** It was sent, and is in flight. */
    abstract void sent(P pending);

    /** This handler will not answer it. */
    abstract void failed(P pending, String reason);

    final String clientId() {
        return clientId;
    }

    final void clientId(String id) {
        clientId = id;
    }

    final Outbound<I> out() {
        return out;
    }

    final synchronized boolean isGone() {
        return gone;
    }

    final synchronized int waiting() {
        return queue.size();
    }

    final synchronized int inFlight() {
        return inFlight.size();
    }

    /** What it was sent and has not completed; null if there is nothing of this identifier. */
    final synchronized P inFlight(String identifier) {
        return inFlight.get(identifier);
    }

    final synchronized void permit(long more) {
        permits = Math.max(0, permits) + Math.min(Math.max(0, more), Integer.MAX_VALUE);
        sendQueued();
    }

    /** The client has read what it was sent. */
    synchronized void reads() {
        sendQueued();
    }

    /** False if this handler is gone, and another one should have it. */
    final boolean dispatch(P pending) {
        String refusal;
        synchronized (this) {
            if (gone) {
                return false;
            }
            if (pending.isDone()) {
                return true;
            }
            refusal = refusalFor(pending);
            if (refusal == null) {
                queue.add(pending);
                sendQueued();
            }
        }
        if (refusal != null) {
            failed(pending, refusal);
        }
        return true;
    }

    private String refusalFor(P pending) {
        if (!queue.hasRoomFor(pending) && !(queue.isEmpty() && maySend())) {
            return queue.isEmpty()
                    ? Room.TAKEN_BY_OTHERS
                    : "too many requests: " + queue.size() + ' ' + several + " wait for handler " + clientId;
        }
        if (queue.contains(pending.identifier()) || inFlight.containsKey(pending.identifier())) {
            return "a " + one + " with identifier " + pending.identifier() + " is being handled";
        }
        return null;
    }

    private void sendQueued() {
        while (!queue.isEmpty() && maySend()) {
            P next = queue.next();
            I message = message(next);
            if (message != null) {
                if (!out.send(message)) {
                    return; // It waits in the line for another handler, which gets it as this one leaves.
                }
                permits--;
                inFlight.put(next.identifier(), next);
                sent(next);
            }
            queue.remove();
        }
    }

    private boolean maySend() {
        return permits > 0 && inFlight.size() < MAX_IN_FLIGHT && out.hasRoom();
    }

    /** Nothing more is awaited of it: another one has its place. Returns what it was, null if it was not in flight. */
    final synchronized P complete(String identifier) {
        P completed = inFlight.remove(identifier);
        sendQueued();
        return completed;
    }

    /** Nobody waits for it any more; false if it was not sent yet, and never will be. */
    final synchronized boolean forget(P pending) {
        boolean wasSent = inFlight.remove(pending.identifier(), pending);
        if (!wasSent) {
            queue.withdraw(pending);
        }
        sendQueued();
        return wasSent;
    }

    /** It does not handle what has the name any more: what waited is returned so that another one can have it. */
    final synchronized List<P> unsubscribed(String name) {
        return queue.remove(waiting -> waiting.name().equals(name));
    }

    /** Ends this handler; what it never saw is returned so that another one can have it. */
    final List<P> disconnect() {
        List<P> lost;
        List<P> unsent;
        synchronized (this) {
            gone = true;
            lost = new ArrayList<>(inFlight.values());
            unsent = queue.remove(waiting -> true);
            inFlight.clear();
        }
        lost.forEach(
                pending -> failed(pending, "connection to handler " + clientId + " lost while it handled the " + one));
        return unsent;
    }
}
