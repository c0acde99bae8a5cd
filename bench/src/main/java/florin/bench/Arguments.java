package florin.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** Options of a benchmark's command line, each with a value; those that are not given have their defaults. */
public record Arguments(Map<String, String> values) {

    /** The options that are given; each must be one of those that there are. */
    public static Map<String, String> given(Map<String, String> defaults, String... arguments) {
        if (arguments.length % 2 != 0) {
            throw new IllegalArgumentException("Every option takes a value");
        }
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!defaults.containsKey(arguments[i])) {
                throw new IllegalArgumentException("Unknown option " + arguments[i]);
            }
            given.put(arguments[i], arguments[i + 1]);
        }
        return given;
    }

    /** Those of the later maps win. */
    @SafeVarargs
    public static Arguments of(Map<String, String>... layers) {
        Map<String, String> values = new LinkedHashMap<>();
        for (Map<String, String> layer : layers) {
            values.putAll(layer);
        }
        return new Arguments(values);
    }

    public String text(String option) {
        return values.get(option);
    }

    public int number(String option, int least, int most) {
        return bounded(option, text(option), least, most);
    }

    public static int bounded(String option, String text, int least, int most) {
        int number = Integer.parseInt(text);
        if (number < least || number > most) {
            throw new IllegalArgumentException(option + " is from " + least + " to " + most + ", not " + text);
        }
        return number;
    }
}
