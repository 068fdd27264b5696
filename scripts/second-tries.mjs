/**
 * Names what passed at the second try only, with what was wrong at the first (the seed of a property, where there is one):
 * a run that has to be taken or refused as a whole is not lost by it, and nobody overlooks it.
 */
export default class SecondTries {
  #said = []

  onTestCaseResult(testCase) {
    if (!testCase.diagnostic()?.flaky) return
    const why = testCase.result().errors?.[0]?.message ?? ''
    this.#said.push(`${testCase.module.relativeModuleId} > ${testCase.fullName}\n${why.slice(0, 600)}`)
  }

  onTestRunEnd() {
    for (const one of this.#said) process.stdout.write(`\nPassed at the second try only, to be looked into: ${one}\n`)
  }
}
