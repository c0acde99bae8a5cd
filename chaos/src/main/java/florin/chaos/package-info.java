/**
 * {@code ./florin chaos}: the real processes under load and faults, and whether what clients were told still holds.
 *
 * <p>The words are those of Jepsen: {@link florin.chaos.Client}s write a {@link florin.chaos.History} while a {@link
 * florin.chaos.Nemesis} injects faults; when all is at rest, a {@link florin.chaos.Checker} compares that history with the
 * {@link florin.chaos.EventLog} and the {@link florin.chaos.ReadModel}.
 */
package florin.chaos;
