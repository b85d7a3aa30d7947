"""The sciences of stock: classes, reorder points, lot sizes and buffers. Pure functions, no ORM."""
