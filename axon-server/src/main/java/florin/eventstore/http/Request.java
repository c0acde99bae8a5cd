package florin.eventstore.http;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.security.Caller;
import java.util.Map;

/**
 * One HTTP request, as far as the endpoints need it.
 *
 * @param path the parts of the path that the route leaves open, by name
 * @param parameters what follows the question mark
 */
record Request(Caller caller, Map<String, String> path, Map<String, String> parameters, String body) {
    String parameter(String name, String otherwise) {
        String value = parameters.getOrDefault(name, "");
        return value.isEmpty() ? otherwise : value;
    }

    /** A text in the body, which must be a JSON object. */
    String requiredText(String name) {
        JsonElement value;
        try {
            value = JsonParser.parseString(body) instanceof JsonObject object ? object.get(name) : null;
        } catch (JsonParseException e) {
            throw Refusal.invalid("the body is not JSON");
        }
        if (value instanceof JsonPrimitive primitive
                && primitive.isString()
                && !primitive.getAsString().isEmpty()) {
            return primitive.getAsString();
        }
        throw Refusal.invalid("the body must be a JSON object with a text " + name);
    }
}
