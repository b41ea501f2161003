/** What a model takes that others refuse (developers.openai.com/api/docs/guides/reasoning and the models' own pages). */
export interface OpenaiModelTraits {
  reasoning: boolean;
  /** Efforts that the model takes; empty for a model that does not reason. */
  efforts: readonly string[];
  effortDefault: string;
  /** Reasoning models up to gpt-5 take only the default temperature; later ones take others while the effort is `none`. */
  sampling: "always" | "without reasoning" | "never";
  stopSequences: boolean;
}

const PLAIN: OpenaiModelTraits = { reasoning: false, efforts: [], effortDefault: "none", sampling: "always", stopSequences: true };

/** Whether the name is one of OpenAI's API. Other servers' models, those that they serve for OpenAI too (`openai/gpt-5.4`), have rules of their own. */
export function isOpenaiModel(model: string): boolean {
  return /^(ft:)?(gpt-\d|o\d|chatgpt-)/.test(model);
}

export function openaiModelTraits(model: string): OpenaiModelTraits {
  const name = model.replace(/^ft:/, "");
  if (/^o\d/.test(name)) {
    return {
      reasoning: true,
      efforts: ["low", "medium", "high"],
      effortDefault: "medium",
      sampling: "never",
      stopSequences: !/^(o3|o4-mini)/.test(name),
    };
  }
  const version = /^gpt-(\d+)(?:\.(\d+))?/.exec(name);
  const major = Number(version?.[1] ?? 0);
  if (major < 5 || name.includes("chat")) return PLAIN;
  const minor = Number(version?.[2] ?? 0);
  if (major === 5 && minor === 0) {
    return {
      reasoning: true,
      efforts: ["minimal", "low", "medium", "high"],
      effortDefault: "medium",
      sampling: "never",
      stopSequences: true,
    };
  }
  const efforts = ["none", "low", "medium", "high"];
  if (major > 5 || minor >= 2) efforts.push("xhigh");
  if (major > 5 || minor >= 6) efforts.push("max");
  return { reasoning: true, efforts, effortDefault: "none", sampling: "without reasoning", stopSequences: true };
}
