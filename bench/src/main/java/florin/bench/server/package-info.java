/**
 * How fast a server that speaks Axon Server's API is, against a ceiling measured in the same run: a bare gRPC server with
 * the same calls and nothing behind them. {@link florin.bench.server.ServerRate} is the program.
 */
package florin.bench.server;
