package florin.account.command;

import io.swagger.v3.oas.annotations.media.Schema;

/** The body of a request that has nothing to add to its path: an empty object, or none. */
@Schema(example = "{}")
record EmptyRequest() {}
