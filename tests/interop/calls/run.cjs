// Runs the files that are named, one after the other; says which fail, and why.
const fs = require('fs');
const path = require('path');

const say = console.log;

(async () => {
  for (const file of process.argv.slice(2)) {
    let told = 'ok';
    console.log = () => {};
    try {
      await eval(fs.readFileSync(file, 'utf8'));
    } catch (error) {
      told = String(error.message).split('\n')[0];
    }
    console.log = say;
    say(`${path.basename(file)}\t${told}`);
  }
})();
