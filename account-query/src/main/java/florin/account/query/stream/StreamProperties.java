package florin.account.query.stream;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the streams.
 *
 * @param streams how many may be open at this instance; 1 to 2,000, for each takes one of the connections that Tomcat has
 */
@ConfigurationProperties("florin.query")
record StreamProperties(@DefaultValue("1000") int streams) {

    private static final int MOST_STREAMS = 2_000;

    StreamProperties {
        if (streams < 1 || streams > MOST_STREAMS) {
            throw new IllegalArgumentException(
                    "florin.query.streams must be from 1 to " + MOST_STREAMS + ", not " + streams);
        }
    }
}
