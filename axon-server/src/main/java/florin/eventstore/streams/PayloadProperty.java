package florin.eventstore.streams;

import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.protobuf.ByteString;
import florin.eventstore.protocol.Refusal;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathExpression;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import javax.xml.xpath.XPathFactoryConfigurationException;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Finds one value in serialized payloads. */
interface PayloadProperty {
    /** The value as text; null if it is not there, or the payload is not what it should be. */
    String of(ByteString payload);

    static PayloadProperty of(String serialization, String expression) {
        return switch (serialization) {
            case "JSON" -> new InJson(InJson.steps(expression));
            case "XML" -> new InXml(expression);
            default -> throw Refusal.invalid("PropertySequencingPolicy reads JSON or XML, not " + serialization);
        };
    }

    /**
     * The part of JSONPath that names one value: names and indexes from the root.
     *
     * @param steps a text is the name of a member, a number the index of an element
     */
    record InJson(List<Object> steps) implements PayloadProperty {
        private static final Pattern STEP = Pattern.compile(
                "\\.([\\p{L}_$][\\p{L}\\p{N}_$-]*)|\\[(\\d{1,9})]|\\['([^'\\\\]+)']|\\[\"([^\"\\\\]+)\"]");

        private static List<Object> steps(String path) {
            List<Object> steps = new ArrayList<>();
            Matcher matcher = STEP.matcher(path).region(Math.min(1, path.length()), path.length());
            while (path.startsWith("$") && matcher.lookingAt()) {
                if (matcher.group(2) != null) {
                    steps.add(Integer.valueOf(matcher.group(2)));
                } else {
                    steps.add(
                            matcher.group(1) != null
                                    ? matcher.group(1)
                                    : matcher.group(3) != null ? matcher.group(3) : matcher.group(4));
                }
                matcher.region(matcher.end(), path.length());
            }
            if (steps.isEmpty() || matcher.regionStart() < path.length()) {
                throw Refusal.invalid("the JsonPath expression " + path
                        + " is not one that this server reads: names and indexes from the root, as in $.order.id,"
                        + " $['order']['id'] or $.lines[0].id");
            }
            return steps;
        }

        @Override
        public String of(ByteString payload) {
            try (JsonReader reader =
                    new JsonReader(new InputStreamReader(payload.newInput(), StandardCharsets.UTF_8))) {
                for (Object step : steps) {
                    if (!(step instanceof Integer index ? enter(reader, index) : enter(reader, (String) step))) {
                        return null;
                    }
                }
                return switch (reader.peek()) {
                    case STRING, NUMBER -> reader.nextString();
                    case BOOLEAN -> String.valueOf(reader.nextBoolean());
                    case BEGIN_OBJECT, BEGIN_ARRAY ->
                        JsonParser.parseReader(reader).toString();
                    default -> null;
                };
            } catch (IOException | RuntimeException e) {
                return null; // not JSON
            }
        }

        private static boolean enter(JsonReader reader, String name) throws IOException {
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                return false;
            }
            reader.beginObject();
            while (reader.hasNext()) {
                if (reader.nextName().equals(name)) {
                    return true;
                }
                reader.skipValue();
            }
            return false;
        }

        private static boolean enter(JsonReader reader, int index) throws IOException {
            if (reader.peek() != JsonToken.BEGIN_ARRAY) {
                return false;
            }
            reader.beginArray();
            for (int i = 0; reader.hasNext(); i++) {
                if (i == index) {
                    return true;
                }
                reader.skipValue();
            }
            return false;
        }
    }

    /** XPath 1.0, its result as text. Documents with a DTD are not read, for a DTD can reach out and grow without bound. */
    final class InXml implements PayloadProperty {
        private final XPathExpression expression;
        private final DocumentBuilder parser;

        private InXml(String expression) {
            try {
                XPathFactory factory = XPathFactory.newInstance();
                factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
                this.expression = factory.newXPath().compile(expression);
                DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
                parsers.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
                parsers.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
                parser = parsers.newDocumentBuilder();
                parser.setErrorHandler(new DefaultHandler()); // otherwise the parser writes to the error stream
            } catch (XPathExpressionException e) {
                throw Refusal.invalid(expression + " is not an XPath 1.0 expression");
            } catch (XPathFactoryConfigurationException | ParserConfigurationException e) {
                throw new IllegalStateException("the JDK knows secure processing", e);
            }
        }

        @Override
        public synchronized String of(ByteString payload) { // neither the parser nor the expression may be shared
            try {
                String value = expression.evaluate(parser.parse(payload.newInput()));
                return value.isEmpty() ? null : value;
            } catch (XPathExpressionException | SAXException | IOException | RuntimeException | StackOverflowError e) {
                return null; // not XML, or nothing that the expression can be applied to, or too deep for that
            }
        }
    }
}
