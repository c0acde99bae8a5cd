package florin.bench.transfer;

import florin.transfer.api.TransferId;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** Accounts of two branches, opened for one run, and transfers between them. */
final class Bank {

    private static final int OPENING_CLIENTS = 16;
    private static final String CENT = amount("0.01");
    private static final String FORTUNE = amount("1000000.00");

    private final JsonMapper json = JsonMapper.builder().build();
    private final URI transfers;
    private final List<String> first;
    private final List<String> second;

    private Bank(URI transfers, List<String> first, List<String> second) {
        this.transfers = transfers;
        this.first = first;
        this.second = second;
    }

    /** Half of the accounts at each branch, each with a million euros. */
    static Bank open(Options options) throws InterruptedException, ExecutionException {
        int half = options.accounts() / 2;
        return new Bank(
                options.transfers(), accounts(options.firstBranch(), half), accounts(options.secondBranch(), half));
    }

    private static List<String> accounts(URI branch, int number) throws InterruptedException, ExecutionException {
        ExecutorService clients = Executors.newFixedThreadPool(OPENING_CLIENTS);
        try {
            List<Future<List<String>>> parts = new ArrayList<>();
            for (int i = 0; i < OPENING_CLIENTS; i++) {
                int part = number / OPENING_CLIENTS + (i < number % OPENING_CLIENTS ? 1 : 0);
                parts.add(clients.submit(() -> accountsOfOneClient(branch, part)));
            }
            List<String> accounts = new ArrayList<>();
            for (Future<List<String>> part : parts) {
                accounts.addAll(part.get());
            }
            return accounts;
        } finally {
            clients.shutdownNow();
        }
    }

    private static List<String> accountsOfOneClient(URI branch, int number) throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        List<String> accounts = new ArrayList<>();
        try (HttpConnection connection = new HttpConnection(branch)) {
            for (int i = 0; i < number; i++) {
                String owner = "bench-" + UUID.randomUUID();
                String opened = require201(connection.post(
                        "/accounts", key("open-" + owner), "{\"owner\": \"" + owner + "\", \"currency\": \"EUR\"}"));
                String iban = json.readTree(opened).path("iban").asString();
                String unused = require201(connection.post(
                        "/accounts/" + iban + "/deposits",
                        key("fill-" + owner),
                        "{\"amount\": " + FORTUNE + ", \"reference\": \"bench\"}"));
                accounts.add(iban);
            }
        }
        return accounts;
    }

    private static String key(String key) {
        return "Idempotency-Key: " + key + "\r\n";
    }

    private static String require201(HttpConnection.Reply reply) throws IOException {
        if (reply.status() != 201) {
            throw new IOException("The branch answered " + reply.status() + ": " + reply.body());
        }
        return reply.body();
    }

    /** Clients that transfer a cent, from any account to any of the other branch. */
    Supplier<Load.Client> transfer() {
        return () -> new Client(false);
    }

    /** Clients that transfer a cent, all from one account. */
    Supplier<Load.Client> transferFromOne() {
        return () -> new Client(true);
    }

    private static String any(List<String> accounts) {
        return accounts.get(ThreadLocalRandom.current().nextInt(accounts.size()));
    }

    private static String amount(String value) {
        return "{\"value\": \"" + value + "\", \"currency\": \"EUR\"}";
    }

    /** A transfer is a POST that asks for an answer when the transfer has ended; it is done if it was completed. */
    private final class Client implements Load.Client {
        private final boolean isFromOne;
        private final HttpConnection connection = new HttpConnection(transfers);

        Client(boolean isFromOne) {
            this.isFromOne = isFromOne;
        }

        @Override
        public void connect() throws IOException {
            connection.connect();
        }

        @Override
        public boolean call() throws IOException {
            boolean isFirstToSecond = isFromOne || ThreadLocalRandom.current().nextBoolean();
            String source = isFromOne ? first.get(0) : any(isFirstToSecond ? first : second);
            String id = TransferId.random().value();
            HttpConnection.Reply reply = connection.post(
                    "/transfers",
                    "Prefer: wait=30\r\n",
                    "{\"id\": \"" + id + "\", \"from\": \"" + source
                            + "\", \"to\": \"" + any(isFirstToSecond ? second : first) + "\", \"amount\": " + CENT
                            + ", \"reference\": \"bench\"}");
            if (reply.status() == 202) {
                reply = connection.get("/transfers/" + id + "?wait=30s");
            }
            return reply.status() == 200
                    && json.readTree(reply.body()).path("status").asString("").equals("COMPLETED");
        }

        @Override
        public void close() {
            connection.close();
        }
    }
}
