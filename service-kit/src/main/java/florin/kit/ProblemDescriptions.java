package florin.kit;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.media.ArraySchema;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import java.util.List;
import org.springdoc.core.customizers.OpenApiCustomizer;

/** Describes every answer that is no success as what it is in all services: a problem, also where a controller names none. */
final class ProblemDescriptions implements OpenApiCustomizer {

    private static final String NAME = "Problem";

    @Override
    public void customise(OpenAPI description) {
        description.schema(NAME, problem());
        description.getPaths().values().forEach(path -> path.readOperations()
                .forEach(operation -> describe(operation.getResponses())));
    }

    private static void describe(ApiResponses responses) {
        responses.putIfAbsent(
                ApiResponses.DEFAULT, new ApiResponse().description("A problem (RFC 9457), told apart by its type"));
        responses.forEach((status, response) -> {
            if (!status.startsWith("2")) {
                response.content(new Content()
                        .addMediaType(
                                org.springframework.http.MediaType.APPLICATION_PROBLEM_JSON_VALUE,
                                new MediaType().schema(new Schema<>().$ref(NAME))));
            }
        });
    }

    private static Schema<?> problem() {
        ProblemType example = ProblemType.INSUFFICIENT_FUNDS;
        Schema<?> problem = new ObjectSchema()
                .addProperty(
                        "type",
                        new StringSchema()
                                .description("A stable name, by which programs decide")
                                .example(example.uri().toString()))
                .addProperty("title", new StringSchema().example(example.title()))
                .addProperty(
                        "status", new IntegerSchema().example(example.status().value()))
                .addProperty("detail", new StringSchema().description("For people; may change"))
                .addProperty("instance", new StringSchema().description("The path that was asked"))
                .addProperty(Correlation.KEY, new StringSchema().description("Stands in the logs, too"))
                .addProperty(
                        "reason",
                        new StringSchema()
                                .description("ISO 20022, if it is about money")
                                .example("AM04"))
                .addProperty("branch", new StringSchema().description("The branch to ask instead"))
                .addProperty("field", new StringSchema().description("What was wrong in the body"))
                .addProperty(
                        "allowed",
                        listOf(new StringSchema())
                                .description("The fields, values, methods or media types that would have been right"))
                .addProperty(
                        "errors",
                        listOf(new ObjectSchema()
                                        .addProperty("field", new StringSchema())
                                        .addProperty("message", new StringSchema()))
                                .description("All that was wrong"));
        problem.setRequired(List.of("type", "title", "status", "detail", Correlation.KEY));
        return problem;
    }

    private static Schema<?> listOf(Schema<?> items) {
        return new ArraySchema().items(items);
    }
}
