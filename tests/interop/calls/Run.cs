// Runs the classes of the ready calls that are compiled with it, in the order of the names that are
// given; says which fail, and why.
using System;
using System.IO;
using System.Reflection;

class Run
{
    static void Main(string[] names)
    {
        var say = Console.Out;
        foreach (var name in names)
        {
            var told = "ok";
            Console.SetOut(TextWriter.Null);
            try
            {
                var flags = BindingFlags.Static | BindingFlags.NonPublic;
                Type.GetType(name, true).GetMethod("Main", flags).Invoke(null, null);
            }
            catch (TargetInvocationException error)
            {
                told = error.InnerException.Message;
            }
            Console.SetOut(say);
            Console.WriteLine(name + "\t" + told);
        }
    }
}
