package florin.account.query;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "florin.account.query", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule web_asks_gateways_and_the_control_of_projections_only = noClasses()
            .that()
            .resideInAPackage("..query.web..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "..query.projection..",
                    "jakarta.persistence..",
                    "java.sql..",
                    "org.springframework.data..",
                    "org.springframework.jdbc..");

    @ArchTest
    static final ArchRule projections_know_neither_web_nor_control = noClasses()
            .that()
            .resideInAPackage("..query.projection..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..query.web..", "..query.control..", "org.springframework.web..");

    @ArchTest
    static final ArchRule no_other_service_is_known = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("florin.account.command..", "florin.transfer.saga..", "florin.eventstore..");

    @ArchTest
    static final ArchRule no_field_is_a_floating_point_number = fields().should()
            .notHaveRawType(double.class)
            .andShould()
            .notHaveRawType(float.class)
            .andShould()
            .notHaveRawType(Double.class)
            .andShould()
            .notHaveRawType(Float.class);

    @ArchTest
    static final ArchRule no_method_answers_a_floating_point_number =
            methods().should().notHaveRawReturnType(double.class).andShould().notHaveRawReturnType(float.class);
}
