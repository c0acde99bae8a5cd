/**
 * An open single-node event store and message router that speaks Axon Server's gRPC API, so that any Axon Framework 4
 * application can use it in place of Axon Server. {@link florin.eventstore.Main} runs it as a process, {@link
 * florin.eventstore.AxonServerNode} inside another one. {@code storage} keeps events in RocksDB and acknowledges only
 * what is synced, {@code rpc} serves them, {@code streams} keeps the progress of persistent streams, {@code routing}
 * brings commands and queries to their handlers, {@code platform} watches over clients and steers their event
 * processors, {@code security} decides who may call, {@code http} is the side for people and scripts.
 */
package florin.eventstore;
