//! The risk gate as a node holds it: what it refuses, what no sequence of events gets past it, and its kill switch.

mod desk;

mod book;
mod joint;
mod kill;
mod limits;
