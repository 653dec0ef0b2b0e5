declare module "seedrandom/lib/alea.js" {
  interface AleaGenerator {
    (): number;
    double(): number;
    int32(): number;
  }
  function alea(seed: string): AleaGenerator;
  export = alea;
}
