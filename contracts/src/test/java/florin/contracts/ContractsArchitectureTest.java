package florin.contracts;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "florin", importOptions = ImportOption.DoNotIncludeTests.class)
class ContractsArchitectureTest {

    @ArchTest
    static final ArchRule CONTRACTS_DEPEND_ON_NOTHING_OF_OURS_AND_NO_FRAMEWORK_OF_THE_SERVICES = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "florin.kit..", "florin.eventstore..", "org.springframework..", "jakarta.persistence..");

    @ArchTest
    static final ArchRule CONTRACTS_READ_NO_CLOCK = noClasses()
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.time.Clock")
            .orShould()
            .callMethod(java.time.Instant.class, "now");

    @ArchTest
    static final ArchRule NO_FLOATING_POINT_FIELDS =
            fields().should().notHaveRawType(double.class).andShould().notHaveRawType(float.class);

    @ArchTest
    static final ArchRule NO_FLOATING_POINT_RESULTS =
            methods().should().notHaveRawReturnType(double.class).andShould().notHaveRawReturnType(float.class);
}
