package florin.account.command;

import io.swagger.v3.oas.annotations.media.Schema;

/** The body that closes an account: an empty object. */
@Schema(example = "{}")
record CloseRequest() {}
