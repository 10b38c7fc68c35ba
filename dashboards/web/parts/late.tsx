/** A part of the first page that comes when it is first needed, with the words that only other pages have. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asProblem } from '../net/load.ts';
import { part } from '../net/part.ts';
import type { Problem } from '../net/request.ts';
import { loadMore } from '../words/words.ts';
import { Bones, ProblemCallout } from './box.tsx';

interface LateProps<P> {
  /** The same function each time. */
  load: () => Promise<ComponentType<P>>;
  props: P;
}

export function Late<P extends object>({ load, props }: LateProps<P>) {
  const [Part, setPart] = useState<ComponentType<P> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    part(() => Promise.all([load(), loadMore()])).then(
      ([found]) => setPart(() => found),
      (thrown) => setProblem(asProblem(thrown)),
    );
  }, [load]);
  if (Part) return <Part {...(props as P & object)} />;
  return problem ? <ProblemCallout problem={problem} retry={() => location.reload()} /> : <Bones lines={1} />;
}
