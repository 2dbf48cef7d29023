<?php
// Runs the files that are named, one after the other; says which fail, and why.
foreach (array_slice($argv, 1) as $file) {
    ob_start();
    try {
        include $file;
        $told = 'ok';
    } catch (Throwable $error) {
        $told = $error->getMessage();
    }
    ob_end_clean();
    echo basename($file), "\t", $told, "\n";
}
