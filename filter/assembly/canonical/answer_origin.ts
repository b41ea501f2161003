import { Bytes } from "../bytes/bytes";

/** What is known of an answer besides its body, for APIs whose answers say neither which model gave them nor an id. */
export class AnswerOrigin {
  /** The provider's name for the model that was asked. */
  model: Bytes = new Bytes();
  id: Bytes = new Bytes();

  set(other: AnswerOrigin): void {
    this.clear();
    this.model.appendBytes(other.model);
    this.id.appendBytes(other.id);
  }

  clear(): void {
    this.model.clear();
    this.id.clear();
  }
}
