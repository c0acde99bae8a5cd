package florin.account.command;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import org.axonframework.spring.stereotype.Aggregate;
import org.springframework.web.bind.annotation.RestController;

/** What this module may depend on, and what its aggregate and its web may not. */
@AnalyzeClasses(packagesOf = Account.class, importOptions = DoNotIncludeTests.class)
class AccountCommandArchitectureTest {

    private static final DescribedPredicate<JavaClass> OF_THE_AGGREGATE = DescribedPredicate.describe(
            "of the aggregate",
            type -> type.isAnnotatedWith(Aggregate.class)
                    || type.getFullName().startsWith(Memory.class.getName())
                    || type.isEquivalentTo(Operation.class));

    @ArchTest
    static final ArchRule OTHER_MODULES_ARE_CONTRACTS_AND_KIT = noClasses()
            .should()
            .dependOnClassesThat(DescribedPredicate.describe(
                    "are Florin's but not of this module, contracts or the kit",
                    type -> type.getPackageName().startsWith("florin.")
                            && !Set.of(
                                            "florin.account.command",
                                            "florin.account.api",
                                            "florin.transfer.api",
                                            "florin.money",
                                            "florin.kit")
                                    .contains(type.getPackageName())));

    @ArchTest
    static final ArchRule AGGREGATES_KNOW_NO_FRAMEWORK_BUT_AXON = noClasses()
            .that(OF_THE_AGGREGATE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework..",
                    "jakarta.persistence..",
                    "java.sql..",
                    "javax.sql..",
                    "java.io..",
                    "java.net..",
                    "java.nio..",
                    "florin.kit..");

    @ArchTest
    static final ArchRule AGGREGATES_HAVE_NO_CLOCK = noClasses()
            .that(OF_THE_AGGREGATE)
            .should()
            .dependOnClassesThat()
            .areAssignableTo(java.time.Clock.class)
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime");

    @ArchTest
    static final ArchRule NO_FIELD_IS_A_FLOATING_POINT_NUMBER = noFields()
            .should()
            .haveRawType(double.class)
            .orShould()
            .haveRawType(float.class)
            .orShould()
            .haveRawType(Double.class)
            .orShould()
            .haveRawType(Float.class);

    @ArchTest
    static final ArchRule NO_METHOD_ANSWERS_A_FLOATING_POINT_NUMBER =
            noMethods().should().haveRawReturnType(double.class).orShould().haveRawReturnType(float.class);

    @ArchTest
    static final ArchRule CONTROLLERS_GO_THROUGH_THE_DESK = noClasses()
            .that()
            .areAnnotatedWith(RestController.class)
            .should()
            .dependOnClassesThat()
            .areAnnotatedWith(Aggregate.class)
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(AccountRegistry.class, RegistryProjection.class, Memory.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.jdbc..", "org.axonframework.modelling..", "java.sql..");

    @ArchTest
    static final ArchRule ONLY_THE_APPLICATION_IS_PUBLIC = classes()
            .that()
            .doNotHaveSimpleName("AccountCommandApplication")
            .should()
            .notBePublic();
}
