package florin.transfer.api;

import java.util.List;

/** Some transfers, and the cursor of the next page or null. */
public record TransferPage(List<TransferDetails> transfers, String next) {}
