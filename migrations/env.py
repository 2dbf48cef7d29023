"""Alembic's entry: runs the migrations on the connection that the program hands over."""

from alembic import context

from sippulse_ws.db.schema.migrate import compared
from sippulse_ws.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=False,
    include_object=compared,
)
with context.begin_transaction():
    context.run_migrations()
