/** Whether an order may be carried out, by what stands on this machine. Pure. */
import { type Reason, reason } from '../../shared/reason.ts';
import type { ScriptOrder } from '../../shared/report.ts';
import { orderLifeMostMs, scriptPauseMs } from '../../shared/script-bounds.ts';
import type { AllowedScript, AllowList } from './allow-list.ts';

export interface Circumstances {
  list: AllowList | null;
  /** Of this start of the agent. */
  token: string;
  /** ms UTC, not before what the collector said last. */
  now: number;
  isBusy: boolean;
  /** ms since the last script ended; null: none has. */
  idleMs: number | null;
}

export type OrderVerdict = { script: AllowedScript; words: string[] } | { refused: Reason };

/** The words for the script, in the order of its parameters: each is a value of its own list. */
function wordsFor({ parameters = [] }: AllowedScript, choices: ScriptOrder['choices']): string[] | Reason {
  for (const name of Object.keys(choices))
    if (!parameters.some((one) => one.name === name)) return reason('script_parameter_unknown', { name });
  const words: string[] = [];
  for (const { name, values } of parameters) {
    const chosen = Object.hasOwn(choices, name) ? choices[name] : undefined;
    if (chosen === undefined) return reason('script_parameter_missing', { name });
    // The text that is given to the script is the one of the file.
    const own = values.find((value) => value === chosen);
    if (own === undefined) return reason('script_value_refused', { name });
    words.push(own);
  }
  return words;
}

export function judge(order: ScriptOrder, { list, token, now, isBusy, idleMs }: Circumstances): OrderVerdict {
  const refuse = (why: Reason): OrderVerdict => ({ refused: why });
  if (list === null) return refuse(reason('no_scripts_file'));
  if (!list.enabled) return refuse(reason('scripts_off_here'));
  if (order.token !== token) return refuse(reason('order_stale'));
  if (order.expires <= now) return refuse(reason('order_expired', { expired_at: order.expires }));
  if (order.expires > now + orderLifeMostMs) return refuse(reason('order_too_far', { until_at: order.expires }));
  const script = list.scripts?.find((one) => one.name === order.name);
  if (!script) return refuse(reason('script_unlisted', { name: order.name }));
  if (script.sha256 !== order.sha256) return refuse(reason('script_other', { name: order.name }));
  if (script.two_persons === true && new Set(order.persons).size < 2) return refuse(reason('script_two_persons'));
  const words = wordsFor(script, order.choices);
  if (!Array.isArray(words)) return refuse(words);
  if (isBusy) return refuse(reason('order_busy'));
  if (idleMs !== null && idleMs < scriptPauseMs)
    return refuse(reason('order_pause', { pause_s: scriptPauseMs / 1000 }));
  return { script, words };
}
