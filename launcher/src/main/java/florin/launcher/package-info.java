/**
 * The program behind the script {@code ./florin}: it brings PostgreSQL, starts every process of the platform, waits for
 * their health, restarts what dies, and runs the demo.
 *
 * <p>{@link florin.launcher.Platform} is the library that the system tests drive the same processes with.
 */
package florin.launcher;
