const nameOf = (one: string) => one.replace(/^-/, '');

/** Up, down, and as it was; with Shift beside the keys that are there. `-` before a key: from the greatest. */
export function nextKeys(keys: readonly string[], key: string, isFurther: boolean): string[] {
  const others = isFurther ? keys.filter((one) => nameOf(one) !== key) : [];
  const now = keys.find((one) => nameOf(one) === key);
  return now === undefined ? [...others, key] : now === key ? [...others, `-${key}`] : others;
}
