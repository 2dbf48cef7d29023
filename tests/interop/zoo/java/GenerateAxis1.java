/** Stubs of every WSDL by Apache Axis 1.4: GenerateAxis1 WSDLS SOURCES. */
import java.io.File;
import org.apache.axis.wsdl.toJava.Emitter;

public class GenerateAxis1 {
    public static void main(String[] args) throws Exception {
        for (File wsdl : new File(args[0]).listFiles((folder, name) -> name.endsWith(".wsdl"))) {
            Emitter emitter = new Emitter();
            emitter.setPackageName("zoo." + wsdl.getName().replace(".wsdl", "").toLowerCase());
            emitter.setOutputDir(args[1]);
            emitter.run(wsdl.toURI().toString());
        }
    }
}
