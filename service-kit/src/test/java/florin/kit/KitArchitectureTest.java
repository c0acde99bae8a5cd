package florin.kit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "florin", importOptions = ImportOption.DoNotIncludeTests.class)
class KitArchitectureTest {

    @ArchTest
    static final ArchRule THE_KIT_DEPENDS_ON_CONTRACTS_ONLY = noClasses()
            .that()
            .resideInAPackage("florin.kit..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "florin.account.command..",
                    "florin.account.query..",
                    "florin.transfer.saga..",
                    "florin.eventstore..");
}
