package florin.transfer.saga;

import java.time.Instant;

/** A deadline as it stands in its saga's row. */
record SagaDeadline(String id, Instant due, String payload) {}
