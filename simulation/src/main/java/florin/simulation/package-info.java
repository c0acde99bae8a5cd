/**
 * The deterministic simulation: the real accounts, transfers, saga, view and reconciler in one thread, over a simulated
 * network, clock, event store and database, all driven by one seed. docs/simulation.md tells how to run and read it.
 */
package florin.simulation;
