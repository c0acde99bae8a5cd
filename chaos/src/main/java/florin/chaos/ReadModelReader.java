package florin.chaos;

import florin.account.api.AccountDetails;
import florin.account.api.AccountEntry;
import florin.account.api.EntryPage;
import florin.account.api.Iban;
import florin.account.api.TrialBalance;
import florin.launcher.Http;
import florin.launcher.Platform;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferPage;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Reads the read models through the query APIs of account-query and transfer-saga. */
final class ReadModelReader {
    private static final int PAGE = 500;
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final Function<String, URI> urls;
    private final Http http = new Http();

    ReadModelReader(Function<String, URI> urls) {
        this.urls = urls;
    }

    /** The accounts and entries of {@code books}, and everything else that is there. */
    ReadModel read(Books books) {
        Map<Iban, AccountDetails> accounts = new LinkedHashMap<>();
        Map<Iban, List<AccountEntry>> entries = new LinkedHashMap<>();
        for (AccountBook book : books.opened()) {
            Iban iban = book.iban();
            Http.Reply reply = http.get(uri(Platform.ACCOUNT_QUERY, "/accounts/" + iban));
            if (reply.status() != 404) {
                accounts.put(iban, value(reply, AccountDetails.class));
                entries.put(iban, entries(iban));
            }
        }
        TrialBalance trialBalance = value(http.get(uri(Platform.ACCOUNT_QUERY, "/trial-balance")), TrialBalance.class);
        return new ReadModel(accounts, entries, trialBalance, transfers(), projections());
    }

    private List<AccountEntry> entries(Iban iban) {
        List<AccountEntry> entries = new ArrayList<>();
        String path = "/accounts/" + iban + "/entries?limit=" + PAGE;
        EntryPage page = value(http.get(uri(Platform.ACCOUNT_QUERY, path)), EntryPage.class);
        entries.addAll(page.entries());
        while (page.next() != null) {
            page = value(http.get(uri(Platform.ACCOUNT_QUERY, path + after(page.next()))), EntryPage.class);
            entries.addAll(page.entries());
        }
        return entries;
    }

    Map<TransferId, TransferDetails> transfers() {
        Map<TransferId, TransferDetails> transfers = new LinkedHashMap<>();
        String path = "/transfers?limit=" + PAGE;
        String after = "";
        while (after != null) {
            TransferPage page = value(http.get(uri(Platform.TRANSFER_SAGA, path + after)), TransferPage.class);
            page.transfers().forEach(transfer -> transfers.put(transfer.id(), transfer));
            after = page.next() == null ? null : after(page.next());
        }
        return transfers;
    }

    List<ReadModel.Projection> projections() {
        return List.of(value(http.get(uri(Platform.ACCOUNT_QUERY, "/projections")), ReadModel.Projection[].class));
    }

    private static String after(String cursor) {
        return "&after=" + URLEncoder.encode(cursor, StandardCharsets.UTF_8);
    }

    private static <T> T value(Http.Reply reply, Class<T> type) {
        if (reply.status() != 200) {
            throw new ChaosException("A query was answered with " + reply.status() + ": " + reply.text());
        }
        return JSON.treeToValue(reply.body(), type);
    }

    private URI uri(String process, String path) {
        return urls.apply(process).resolve(path);
    }
}
