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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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
    /** Of a policy's expression: characters. */
    int MAX_EXPRESSION_LENGTH = 1000;

    /** The value as text; null if it is not there, or the payload is not what it should be. */
    String of(ByteString payload);

    /**
     * The value that an expression names.
     *
     * @param isBounded false of a stream that was made before there were bounds: its events have to have the keys that they had
     */
    static PayloadProperty of(String serialization, String expression, boolean isBounded) {
        if (isBounded && expression.length() > MAX_EXPRESSION_LENGTH) {
            throw Refusal.invalid(
                    "an expression of PropertySequencingPolicy has " + MAX_EXPRESSION_LENGTH + " characters at most");
        }
        return switch (serialization) {
            case "JSON" -> new InJson(InJson.steps(expression));
            case "XML" -> new InXml(expression, isBounded);
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

    /**
     * The part of XPath 1.0 whose time grows with the document and not faster: names from the root, or from anywhere by one
     * {@code //} before all others, elements by their number or an attribute, and at the end an attribute, a text or the count of
     * what was found. Two conditions on each other, or axes that meet each node again, would hold a thread for hours. Documents
     * with a DTD are not read, for a DTD can reach out and grow without bound, nor large ones, for they take many times their size.
     */
    final class InXml implements PayloadProperty {
        private static final int MAX_PAYLOAD_BYTES = 256 << 10;
        private static final String NAME = "[\\p{L}_][\\p{L}\\p{N}_.-]*";
        private static final String NUMBER = "\\[\\d{1,9}]";
        private static final String STEP =
                "(?:" + NAME + "|\\*)(?:" + NUMBER + "|\\[@" + NAME + "=(?:'[^']*'|\"[^\"]*\")])*";
        private static final String END = "(?:@" + NAME + "|text\\(\\)(?:" + NUMBER + ")?)";
        private static final String PATH = "/{0,2}(?:" + STEP + "(?:/" + STEP + ")*(?:/" + END + ")?|" + END + ")";
        private static final Pattern EXPRESSION = Pattern.compile(PATH + "|count\\(" + PATH + "\\)");

        private final String expression;
        private final int maxPayloadBytes;
        /** Each is used by one thread at a time. */
        private final Queue<Evaluator> idle = new ConcurrentLinkedQueue<>();

        private InXml(String expression, boolean isBounded) {
            if (isBounded && !EXPRESSION.matcher(expression).matches()) {
                throw Refusal.invalid("the XPath expression " + expression
                        + " is not one that this server reads: names from the root, or after // at its beginning, as in"
                        + " /order/line[2]/text(), //order[@type='x']/@id or count(/order/line)");
            }
            this.expression = expression;
            this.maxPayloadBytes = isBounded ? MAX_PAYLOAD_BYTES : Integer.MAX_VALUE;
            idle.add(new Evaluator(expression));
        }

        @Override
        public String of(ByteString payload) {
            if (payload.size() > maxPayloadBytes) {
                return null;
            }
            Evaluator free = idle.poll();
            Evaluator evaluator = free == null ? new Evaluator(expression) : free;
            try {
                return evaluator.of(payload);
            } finally {
                idle.add(evaluator);
            }
        }

        private static final class Evaluator {
            /** They are large: there are as many as are used at once, whatever the expression. */
            private static final Queue<DocumentBuilder> IDLE_PARSERS = new ConcurrentLinkedQueue<>();

            private final XPathExpression expression;

            private Evaluator(String text) {
                try {
                    XPathFactory factory = XPathFactory.newInstance();
                    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
                    expression = factory.newXPath().compile(text);
                } catch (XPathExpressionException e) {
                    throw Refusal.invalid(text + " is not an XPath 1.0 expression");
                } catch (XPathFactoryConfigurationException e) {
                    throw new IllegalStateException("the JDK knows secure processing", e);
                }
            }

            private static DocumentBuilder parser() {
                try {
                    DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
                    parsers.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
                    parsers.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
                    DocumentBuilder parser = parsers.newDocumentBuilder();
                    parser.setErrorHandler(new DefaultHandler()); // otherwise the parser writes to the error stream
                    return parser;
                } catch (ParserConfigurationException e) {
                    throw new IllegalStateException("the JDK knows secure processing", e);
                }
            }

            private String of(ByteString payload) {
                DocumentBuilder idle = IDLE_PARSERS.poll();
                DocumentBuilder parser = idle == null ? parser() : idle;
                try {
                    String value = expression.evaluate(parser.parse(payload.newInput()));
                    return value.isEmpty() ? null : value;
                } catch (XPathExpressionException
                        | SAXException
                        | IOException
                        | RuntimeException
                        | StackOverflowError e) {
                    return null; // not XML, or nothing that the expression can be applied to, or too deep for that
                } finally {
                    IDLE_PARSERS.add(parser);
                }
            }
        }
    }
}
