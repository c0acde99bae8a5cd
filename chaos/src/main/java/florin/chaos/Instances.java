package florin.chaos;

import florin.launcher.Platform;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** The instances of each service as one client knows them: it asks them in turn, so that what it asks again goes to another one. */
final class Instances {
    private final Platform platform;
    private final int number;
    private final Map<String, Integer> turns = new HashMap<>();

    /** {@code number} is that of each service's instances. */
    Instances(Platform platform, int number) {
        this.platform = platform;
        this.number = number;
    }

    /** The address of the instance whose turn it is. */
    URI next(String service) {
        return platform.url(Platform.instance(service, turns.merge(service, 1, Integer::sum) % number + 1));
    }
}
