/** Stubs of every WSDL by Apache Axis2 with ADB: GenerateAxis2 WSDLS SOURCES. */
import java.io.File;
import org.apache.axis2.wsdl.WSDL2Code;

public class GenerateAxis2 {
    public static void main(String[] args) throws Exception {
        for (File wsdl : new File(args[0]).listFiles((folder, name) -> name.endsWith(".wsdl"))) {
            String name = wsdl.getName().replace(".wsdl", "").toLowerCase();
            String[] options = {
                "-uri", wsdl.toString(), "-o", args[1] + "/" + name, "-p", "zoo." + name,
                "-d", "adb", "-u", "-s", "-S", ".", "-ns2p",
                "http://service.ws.sippulse.voffice.com.br/=zoo." + name + ".types"
            };
            WSDL2Code.main(options);
        }
    }
}
