/**
 * What every service of Florin shares, as one Spring Boot auto-configuration: serialization, command routing to branches,
 * correlation, problem+json, idempotent requests, limits and readiness.
 */
package florin.kit;
