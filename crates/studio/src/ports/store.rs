/// placeholder
pub struct Nothing;
