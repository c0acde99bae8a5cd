/** Journeys, crashes and replays against the real processes, over HTTP only, started by the launcher's own code. */
package florin.system;
